"""What a machine does not take, in words for people."""

from collections.abc import Mapping

from panggon.core.errors import Fault
from panggon.core.sites import spec_words


def fault_words(fault: Fault) -> str:
    """One sentence about a fault of a spec, a bound of this machine that it breaks, or a fault of its settings."""
    sentence = _SENTENCES.get(fault.code)
    return f"{fault.field}: {sentence.format_map(fault.facts)}." if sentence else spec_words.words(fault)


_SENTENCES: Mapping[str, str] = {
    "config.invalid": "{words}",
    "node.site": "mesin ini hanya menerima nomor situs {allowed}",
    "node.zone": "mesin ini hanya menerima nama di bawah {allowed}",
    "node.kind": "mesin ini hanya menerima jenis {allowed}",
    "node.outgoing": "mesin ini hanya mengenal aturan sambungan keluar {allowed}",
    "node.php_version": "versi ini tidak ada di mesin ini; yang ada: {allowed}",
    "node.database": "mesin ini tidak menjalankannya; yang ada: {allowed}",
    "node.proxy": "{allowed} tidak termasuk server yang boleh dituju menurut pengaturan mesin ini (proxies.targets)",
}
