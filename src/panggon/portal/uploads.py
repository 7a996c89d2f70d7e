from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from panggon.papers.inspection import SIZE_LIMIT_MEBIBYTES

LIMIT_BYTES = SIZE_LIMIT_MEBIBYTES * 1024 * 1024


class SizeLimit(FileUploadHandler):
    """Throws away what goes beyond the limit while it arrives, so that no disk fills and no page breaks.

    The names of such fields stand in `request.too_large`; their forms say what was wrong.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002 (the signature is Django's)
        self.seen += len(raw_data)
        if self.seen > LIMIT_BYTES:
            too_large: set[str] = getattr(self.request, "too_large", set())
            self.request.too_large = too_large | {self.field_name}
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The handlers after this one keep the file."""
