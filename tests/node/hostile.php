<?php
// A hostile page: what a "PHP shell" tries from within PHP itself. It says what was not refused exactly as it has to be.

$prey = json_decode(file_get_contents('/site/private/prey.json'), true);
const NOWHERE = 'No such file or directory';
$found = [];

/** `$refusal`: part of what PHP has to say; "" where it finds nothing. An answer that is true got through. */
function attempt(string $name, string $refusal, callable $act): void
{
    global $found;
    error_clear_last();
    try {
        $got = @$act();
    } catch (Throwable $thrown) {
        $got = false;
        $said = $thrown->getMessage();
    }
    $said ??= error_get_last()['message'] ?? '';
    if ($got || !str_contains($said, $refusal)) {
        $found[$name] = $got ? 'got ' . substr(json_encode($got) ?: 'something', 0, 100) : "said $said";
    }
}

$filter = 'php://filter/read=convert.base64-encode/resource=';
$schemes = ['' => NOWHERE, 'file://' => NOWHERE, $filter => 'operation failed', 'compress.zlib://' => 'operation failed'];
foreach ($prey['files'] as $path) {
    foreach ($schemes as $scheme => $refusal) {
        attempt("read $scheme$path", $refusal, fn() => file_get_contents("$scheme$path"));
    }
    foreach (["/proc/self/root$path", "/proc/1/root$path", "/site/public/../../..$path"] as $way) {
        attempt("read $way", NOWHERE, fn() => file_get_contents($way));
    }
    attempt("include $path", 'Failed opening', fn() => include $path);
    attempt("copy $path", NOWHERE, fn() => copy($path, '/site/public/copied'));
    attempt("hard link to $path", NOWHERE, fn() => link($path, '/site/public/planted'));
    attempt("symbolic link to $path", NOWHERE, function () use ($path) {
        symlink($path, '/site/public/planted');
        $got = file_get_contents('/site/public/planted');
        unlink('/site/public/planted');
        return $got;
    });
    attempt("see $path", '', fn() => file_exists($path));
}
foreach ($prey['directories'] as $path) {
    attempt("list glob://$path", '', fn() => iterator_to_array(new DirectoryIterator("glob://$path/*")));
    attempt("list $path", NOWHERE, fn() => scandir($path));
    attempt("enter $path", NOWHERE, fn() => chdir($path));
}
foreach ($prey['sockets'] as $path) {
    attempt("open unix://$path", NOWHERE, fn() => fsockopen("unix://$path", -1));
}
foreach ($prey['abstract'] as $name) {
    attempt("open abstract $name", 'Connection refused', fn() => stream_socket_client("unix://\0$name"));
}
foreach ($prey['listeners'] as [$host, $port]) {
    $place = str_contains($host, ':') ? "[$host]" : $host;
    attempt("open tcp://$place:$port", 'Unable to connect', fn() => stream_socket_client("tcp://$place:$port"));
    attempt("fetch http://$place:$port/", 'Failed to open stream', fn() => file_get_contents("http://$place:$port/"));
}

// Settings that PHP lets a page change, and some that it must not.
foreach (['sendmail_path' => '/bin/sh', 'extension' => 'ffi', 'opcache.preload' => '/tmp/x.php'] as $name => $value) {
    attempt("set $name", '', fn() => ini_set($name, $value) !== false);
}
attempt('load a library into PHP', 'undefined function dl()', fn() => dl('/tmp/evil.so'));
attempt('speak C', class_exists('FFI') ? 'restricted by "ffi.enable"' : 'not found', fn() => FFI::cdef('int getuid();'));
attempt('become root', '', fn() => function_exists('posix_setuid') && posix_setuid(0));
attempt('enter shared memory', NOWHERE, fn() => function_exists('shmop_open')
    ? shmop_open($prey['segments'][0], 'a', 0, 0) : throw new Error(NOWHERE));

// Programs: they may run, and are no more than the page is. What a library slips in with LD_PRELOAD is the same user's.
function said(string $command, array $environment = []): string
{
    $process = proc_open(['/bin/sh', '-c', $command], [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes, '/', $environment);
    $said = stream_get_contents($pipes[1]);
    proc_close($process);
    return trim($said);
}
putenv('LD_PRELOAD=/tmp/evil.so');
attempt('be another by a program', '', fn() => said('id -u') !== (string) $prey['uid'] ? said('id') : false);
attempt('be another by LD_PRELOAD', '', fn() => said('id -u', ['LD_PRELOAD' => '/tmp/evil.so']) !== (string) $prey['uid']);
foreach (['su', 'sudo', 'mount', 'newgrp', 'passwd', 'pkexec'] as $program) {
    attempt("gain rights by $program", '', fn() => str_contains(said("$program -c id root </dev/null 2>&1"), 'uid=0'));
}
attempt('see others by ps', '', fn() => array_filter(glob('/proc/[0-9]*'), fn($path) => fileowner($path) !== $prey['uid']));
attempt('send mail past the policy', '', fn() => mail('a@b.example', 'x', 'y'));

// What others have left: sessions and uploads lie in the site's own /tmp.
attempt('read sessions of others', '', fn() => array_diff(glob('/tmp/sess_*'), glob('/site/tmp/sess_*')));
attempt('keep sessions elsewhere', '', function () use ($prey) {
    session_save_path($prey['directories'][0]);
    return session_start() && session_write_close() && is_dir($prey['directories'][0]);
});

echo json_encode($found);
