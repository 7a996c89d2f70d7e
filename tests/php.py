"""The newest version of PHP on this machine."""

from pathlib import Path

VERSION = max((path.name.removeprefix("php-fpm") for path in Path("/usr/sbin").glob("php-fpm[78].[0-9]")), default="")
PROGRAM = f"/usr/sbin/php-fpm{VERSION}"
