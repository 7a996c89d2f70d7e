<!doctype html>
<html lang="id"><title>Beranda</title><p>{{ $kota }}</p></html>
