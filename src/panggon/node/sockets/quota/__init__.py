"""What a site stores, where its file system keeps no quota: counted, and bounded a moment later.

A site stores what lies in its directory (`usage`) and what its programs hold under no name (`held`). While its
programs answer requests it is counted at every tick (`Site.count`), otherwise in turn (`guards.asleep`). What is too
much is root's mark (`full`): from then on its programs start without the right to write, its owner reads and deletes
only, and who came before is ended (`Sessions` for SFTP).
"""
