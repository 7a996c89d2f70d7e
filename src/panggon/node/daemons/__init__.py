"""What processes of the node that run for long share: loops that go on, control sockets, systemd."""
