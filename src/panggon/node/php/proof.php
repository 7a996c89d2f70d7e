<?php
// The node's proof page: what this site's PHP is and what it can reach, as JSON. nginx answers for it only while a
// one-use token lies on the machine (docs/architecture.md, "Proof paths"). It says what it sees; the node judges.

declare(strict_types=1);

/** Names in a directory, [] where it cannot be listed. */
function names(string $directory): array
{
    $found = @scandir($directory);
    return $found === false ? [] : array_values(array_diff($found, ['.', '..']));
}

/** Paths below the other sites that this site can list or read; the hard-coded names are those that every site has. */
function foreign_paths(string $sites, string $own): array
{
    $seen = [];
    foreach (array_diff(names($sites), [$own]) as $site) {
        foreach (['public', 'private', 'private/database.ini', 'tmp', 'logs', 'run', 'site.json'] as $name) {
            $path = "$sites/$site/$name";
            if (@is_readable($path)) {
                $seen[] = $path;
            }
        }
    }
    return $seen;
}

/** User ids of the processes that this site can see. */
function process_owners(): array
{
    $owners = [];
    foreach (names('/proc') as $name) {
        if (ctype_digit($name) && ($owner = @fileowner("/proc/$name")) !== false) {
            $owners[$owner] = true;
        }
    }
    return array_keys($owners);
}

/**
 * The databases of "GRANT … ON [kind] `database`.…", "*" for all: MariaDB reads a list of databases from the files of
 * every site.
 */
function reached(array $grants): array
{
    $found = [];
    foreach ($grants as $grant) {
        if (preg_match('/^GRANT (?!USAGE ON \*\.\* ).* ON (?:[A-Z ]+ )?(\*|`(?:[^`]|``)+`)\./', $grant, $match)) {
            $found[trim($match[1], '`')] = true;
        }
    }
    return array_keys($found);
}

/**
 * The databases that this site's user can reach, and one row written to and read from its own. In a temporary table:
 * that rows last is proven by the driver, and once is enough.
 */
function database(string $file): ?array
{
    if (!@is_readable($file)) {
        return null;
    }
    $access = parse_ini_file($file, false, INI_SCANNER_RAW);
    $postgresql = ($access['engine'] ?? '') === 'postgresql';
    $place = $postgresql ? "pgsql:host={$access['host']}" : "mysql:unix_socket={$access['socket']}";
    $list = $postgresql
        ? "SELECT datname FROM pg_database WHERE datallowconn AND has_database_privilege(oid, 'CONNECT')"
        : 'SHOW GRANTS';
    $written = bin2hex(random_bytes(8));
    $found = ['name' => $access['database'], 'row' => false, 'databases' => []];
    try {
        $link = new PDO("$place;dbname={$access['database']}", $access['user'], $access['password']);
        $lines = $link->query($list)->fetchAll(PDO::FETCH_COLUMN);
        $found['databases'] = $postgresql ? $lines : reached($lines);
        $link->exec('CREATE TEMPORARY TABLE panggon_proof (word VARCHAR(32))');
        $link->exec("INSERT INTO panggon_proof VALUES ('$written')");
        $found['row'] = $link->query('SELECT word FROM panggon_proof')->fetchColumn() === $written;
    } catch (PDOException $error) {
        $found['error'] = $error->getMessage();
    }
    return $found;
}

$home = (string) getenv('PANGGON_HOME');
$site = (string) getenv('PANGGON_SITE');
header('Content-Type: application/json');
header('Cache-Control: no-store');
echo json_encode([
    'site' => $site,
    'generation' => (int) getenv('PANGGON_GENERATION'),
    'uid' => posix_geteuid(),
    'php_version' => PHP_VERSION,
    'root' => names('/'),
    'shadow' => @is_readable('/etc/shadow'),
    'foreign' => foreign_paths((string) getenv('PANGGON_SITES'), $site),
    'process_owners' => process_owners(),
    'database' => database("$home/private/database.ini"),
], JSON_THROW_ON_ERROR);
