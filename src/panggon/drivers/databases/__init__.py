"""Database servers, a room each; what is asked of each, whichever it is; the sockets that lead to one."""
