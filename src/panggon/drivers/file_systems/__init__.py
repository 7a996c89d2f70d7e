"""What file systems bound and mount: btrfs, ext4 and XFS."""
