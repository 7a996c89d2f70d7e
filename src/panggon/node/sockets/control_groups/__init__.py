"""What all processes of one site together may take: memory, number of processes and processor time (cgroups(7)).

Where groups can be made here (`controllers`), the groups themselves (`groups`), and which processors are left to those
that want all of their time (`lanes`).
"""
