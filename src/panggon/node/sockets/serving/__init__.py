"""Which sites are served: all of them (`sites`), one (`site`), those that are served no more (`leaving`).

Who makes room for whom on the machine is `room`, what the holder's loop waits for `watching`.
"""
