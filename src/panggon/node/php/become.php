<?php
// php-fpm that was started in advance runs this once, before it reads its configuration (`opcache.preload`): it waits
// until it is told which site it is from now on, and becomes that, as bubblewrap would have made it from the beginning.
// No visitor and no file of a site has been near it until then. What is told, and who tells it, is
// node/sockets/sandboxes/spare.py. Functions and classes would stay for the site's scripts, so there are none.

declare(strict_types=1);

$libc = FFI::cdef('
    struct piece { void *base; unsigned long length; };
    struct message {
        void *name; unsigned name_length; struct piece *pieces; unsigned long piece_count;
        void *control; unsigned long control_length; int flags;
    };
    struct limit { unsigned long soft; unsigned long hard; };
    struct attributes { unsigned long set; unsigned long clear; unsigned long propagation; unsigned long namespace; };
    struct capabilities { unsigned version; int process; };
    struct program { unsigned short length; char *filter; };
    long recvmsg(int socket, struct message *message, int flags);
    long write(int descriptor, const char *data, unsigned long length);
    int dup2(int descriptor, int number);
    int close(int descriptor);
    int sethostname(const char *name, unsigned long length);
    int setgroups(unsigned long count, const unsigned *groups);
    int setresgid(unsigned real, unsigned effective, unsigned saved);
    int setresuid(unsigned real, unsigned effective, unsigned saved);
    int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data);
    int umount2(const char *target, int flags);
    int setrlimit(int resource, const struct limit *limit);
    void *signal(int number, void *handler);
    int setenv(const char *name, const char *value, int overwrite);
    int unsetenv(const char *name);
    int prctl(int option, unsigned long second, unsigned long third, unsigned long fourth, unsigned long fifth);
    int capset(struct capabilities *header, const char *sets);
    long syscall(long number, int directory, const char *path, unsigned flags, struct attributes *attributes, long size);
    int *__errno_location(void);
    void _exit(int status);
');
[$mount_setattr, $here, $recursive, $read_only, $no_set_user_id, $no_devices] = [442, -100, 0x8000, 1, 2, 4];
[$bind, $with_what_is_below, $detach] = [4096, 16384, 2];
[$set_dumpable, $set_filter, $by_program, $read_bound, $drop_bound, $ambient, $clear_ambient] = [4, 22, 2, 23, 24, 47, 4];
[$capabilities_version, $ignore] = [0x20080522, 1];

$must = function (int $result, string $what) use ($libc): void {
    if ($result < 0) {
        error_log("spare: $what: error " . $libc->__errno_location()[0]);
        $libc->_exit(1);
    }
};
$attributes = $libc->new('struct attributes');
$change = function (string $path, int $set, int $flags) use ($libc, $must, $attributes, $mount_setattr, $here): void {
    $attributes->set = $set;
    $done = $libc->syscall($mount_setattr, $here, $path, $flags, FFI::addr($attributes), FFI::sizeof($attributes));
    $must($done, "attributes of $path");
};

// Everything that can be done before it is known whose it will be. A kernel that cannot do it shows here.
[$line, $namespace] = array_map('intval', explode(',', getenv('PANGGON_SPARE')));
$filter = file_get_contents('/spare/filter');
$change('/spare', $no_set_user_id | $no_devices, $recursive);
$buffer = $libc->new('char[131072]');
$control = $libc->new('char[1024]');
$piece = $libc->new('struct piece');
$piece->base = FFI::addr($buffer);
$piece->length = FFI::sizeof($buffer);
$message = $libc->new('struct message');
$message->pieces = FFI::addr($piece);
$message->piece_count = 1;
$message->control = FFI::addr($control);
$message->control_length = FFI::sizeof($control);
$program = $libc->new('struct program');
$instructions = $libc->new('char[' . max(1, strlen($filter)) . ']');
FFI::memcpy($instructions, $filter, strlen($filter));
$program->length = intdiv(strlen($filter), 8);
$program->filter = $libc->cast('char *', FFI::addr($instructions));
$place_of_program = $libc->cast('unsigned long', FFI::addr($program))->cdata;
$must($libc->close($namespace), 'namespace');
$must($libc->write($line, 'r', 1), 'line');

$length = $libc->recvmsg($line, FFI::addr($message), 0);
if ($length <= 0) {
    $libc->_exit(0); // whoever started it is gone, or needs it no more
}
$told = json_decode(FFI::string($buffer, $length), true, 512, JSON_THROW_ON_ERROR);
$count = intdiv($message->control_length - 16, 4); // a header, then numbers of descriptors (cmsg(3))
$given = array_values(unpack("x16/i$count", FFI::string($control, 16 + 4 * $count)));
foreach (array_splice($given, 0, count($told['descriptors'])) as $place => $descriptor) {
    foreach ($told['descriptors'][$place] as $number) {
        $must($libc->dup2($descriptor, $number), 'descriptors');
    }
    $libc->close($descriptor);
}
foreach ($given as $door) { // of control groups, which this process enters
    $must($libc->write($door, '0', 1), 'control groups');
    $libc->close($door);
}
$must($libc->sethostname($told['name'], strlen($told['name'])), 'name');
foreach ($told['files'] as $path => $content) {
    $must(file_put_contents($path, $content) === strlen($content) && chmod($path, 0444) ? 0 : -1, $path);
}
$mask = umask(0);
foreach ($told['places'] as [, $target]) {
    $must(is_dir($target) || mkdir($target, 0755, true) ? 0 : -1, $target);
}
umask($mask);

// From here on as the site's user, who has to get to the site's directories by its own rights.
$must($libc->setgroups(0, null), 'groups');
$must($libc->setresgid($told['user'], $told['user'], $told['user']), 'group');
$must($libc->setresuid($told['user'], $told['user'], $told['user']), 'user');
foreach ($told['places'] as [$source, $target, $writable]) {
    $must($libc->mount($source, $target, null, $bind | $with_what_is_below, null), "$source as $target");
    $change($target, $no_set_user_id | $no_devices | ($writable ? 0 : $read_only), $recursive);
}
$must($libc->umount2('/spare', $detach), 'places of others');
$change('/', $read_only, 0);

$limit = $libc->new('struct limit');
foreach ($told['limits'] as $resource => $most) {
    $limit->soft = $limit->hard = $most;
    $must($libc->setrlimit($resource, FFI::addr($limit)), "limit $resource");
}
foreach ($told['ignored'] as $number) {
    $libc->signal($number, $libc->cast('void *', $ignore));
}
foreach ($told['environment'] as $name => $value) {
    $must($libc->setenv($name, $value, 1), 'environment');
}
$libc->unsetenv('PANGGON_SPARE');

// And for good.
$must($libc->prctl($ambient, $clear_ambient, 0, 0, 0), 'ambient capabilities');
for ($capability = 0; $libc->prctl($read_bound, $capability, 0, 0, 0) >= 0; $capability++) {
    $must($libc->prctl($drop_bound, $capability, 0, 0, 0), 'bounding capabilities');
}
$header = $libc->new('struct capabilities');
$header->version = $capabilities_version;
$must($libc->capset(FFI::addr($header), str_repeat("\0", 24)), 'capabilities');
$must($libc->prctl($set_dumpable, 1, 0, 0, 0), 'own files of /proc');
if ($filter !== '') {
    $must($libc->prctl($set_filter, $by_program, $place_of_program, 0, 0), 'system calls');
}
$must($libc->close($line), 'line');
