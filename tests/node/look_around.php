<?php
// What a program of a site finds around it, as JSON: for comparing how it was started.
$lines = fn (string $path): array => array_values(array_filter(explode("\n", (string) @file_get_contents($path)), 'strlen'));
$status = preg_grep('/^(Name|Umask|Uid|Gid|Groups|Threads|Sig(Ign|Blk|Cgt)|Cap|NoNewPrivs|Seccomp|NSpid|NSsid)/', $lines('/proc/self/status'));
$descriptors = [];
foreach (scandir('/proc/self/fd') as $number) {
    $leads_to = (string) @readlink("/proc/self/fd/$number");
    $descriptors[] = preg_replace('/\[?\d+\]?|#\w+|ZendSem.*/', '', basename($leads_to));
}
$descriptors = array_unique($descriptors);
sort($descriptors, SORT_STRING);
$mounts = array_map(fn ($line) => preg_replace('/,[ug]id=\d+/', '', $line), $lines('/proc/self/mounts'));
sort($mounts);
$settings = ini_get_all(null, false);
$changed = ini_get_all();
unset($settings['error_log']);
ksort($_SERVER);
echo json_encode([
    'status' => array_values($status),
    'master' => array_values(preg_grep('/^(Name|Umask|Uid|Gid|Groups|Sig(Ign|Blk)|Cap|NoNewPrivs|Seccomp)/', $lines('/proc/1/status'))),
    'mounts' => $mounts,
    'root' => array_map(fn ($name) => [$name, lstat("/$name")['mode']], scandir('/')),
    'etc' => array_map(fn ($name) => [$name, is_file("/etc/$name") ? md5_file("/etc/$name") : '', fileperms("/etc/$name")], scandir('/etc')),
    'dev' => scandir('/dev'),
    'run' => @scandir('/run'),
    'site' => array_map(fn ($name) => [$name, fileperms("/site/$name"), is_writable("/site/$name")], scandir('/site')),
    'places' => [is_writable('/'), is_writable('/tmp'), is_writable('/panggon'), is_writable('/usr'), scandir('/panggon'), scandir('/tmp')],
    'environment' => getenv(),
    'server' => array_keys($_SERVER),
    'settings' => $settings,
    'may change' => array_map(fn ($each) => $each['access'], $changed),
    'limits' => $lines('/proc/self/limits'),
    'name' => gethostname(),
    'directory' => getcwd(),
    'descriptors' => $descriptors,
    'extensions' => get_loaded_extensions(),
    'functions' => get_defined_functions()['user'],
    'classes' => array_values(array_filter(get_declared_classes(), fn ($name) => (new ReflectionClass($name))->isUserDefined())),
    'constants' => get_defined_constants(true)['user'] ?? [],
    'files' => get_included_files(),
    'globals' => array_keys($GLOBALS),
    'networks' => $lines('/proc/net/dev'),
    'processes' => array_values(array_filter(scandir('/proc'), 'is_numeric')),
    'users may be made' => $lines('/proc/sys/user/max_user_namespaces'),
    'user map' => preg_split('/\s+/', trim((string) file_get_contents('/proc/self/uid_map'))),
    'ffi' => (function () { try { FFI::cdef('int getpid(void);'); return 'works'; } catch (Throwable $error) { return $error->getMessage(); } })(),
    'sapi' => PHP_SAPI,
    'title' => trim((string) file_get_contents('/proc/self/cmdline'), "\0"),
    'oom' => $lines('/proc/self/oom_score_adj'),
    'time' => [date_default_timezone_get(), getmypid(), error_get_last()],
]);
