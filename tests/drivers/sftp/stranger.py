"""A client of SSH that calls itself whatever it likes; libssh2, which curl brings."""

import ctypes
import socket


def enter_as(name: str, port: int) -> None:
    """One try by a password that nobody has."""
    library = ctypes.CDLL("libssh2.so.1")
    library.libssh2_session_init_ex.restype = ctypes.c_void_p
    library.libssh2_init(0)
    session = ctypes.c_void_p(library.libssh2_session_init_ex(None, None, None, None))
    with socket.create_connection(("127.0.0.1", port)) as connection:
        assert library.libssh2_session_handshake(session, connection.fileno()) == 0
        word = name.encode()
        library.libssh2_userauth_password_ex(session, word, len(word), b"x", 1, None)
        library.libssh2_session_free(session)
