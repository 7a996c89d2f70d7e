"""What all drivers and the node's servers use of the system: files, processes, small questions, patience."""
