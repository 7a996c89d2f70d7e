"""The satisfaction survey (SKM), and the figures that anybody may see."""
