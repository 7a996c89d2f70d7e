"""What is looked at for all sites from time to time, because nobody tells of it; who takes too much is ended.

Connections of owners over SFTP (`sessions`), what sites store while their programs sleep (`asleep`), and memory that
the kernel counts as nobody's: what waits unread in TCP connections (`unread`), locks of files (`locks`).
"""
