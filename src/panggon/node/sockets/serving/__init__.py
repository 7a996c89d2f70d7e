"""Which sites are served: all of them (`sites`), one (`site`), who makes room for whom (`room`), and what the holder's
loop waits for (`watching`).
"""
