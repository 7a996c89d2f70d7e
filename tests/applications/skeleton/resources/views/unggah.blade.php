<!doctype html>
<html lang="id">
<title>Unggah</title>
@if ($pesan)
    <p>{{ $pesan }}</p>
@endif
<form method="post" action="/unggah" enctype="multipart/form-data">
    <input type="hidden" name="_token" value="{{ $token }}">
    <input name="perihal"> <input type="file" name="berkas"> <button>Kirim</button>
</form>
</html>
