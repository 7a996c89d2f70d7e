"""The rules of a hosting machine: `planning` is from a wish to its journal, `words` what people read of it.

When something is due: `tasks`, `renewal`, `parking`. What nobody asked for: `strays`, `zone_names`.
"""
