"""The sockets of sites, on which nginx comes in, and who has them while there is no holder.

How one socket takes another's place (`listener`), all of them (`listeners`), how they go from process to process
(`channel`), and the holder's parent, which keeps them and starts it (`keeper`).
"""
