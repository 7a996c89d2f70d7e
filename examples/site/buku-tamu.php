<?php
// Buku tamu: contoh aplikasi PHP biasa yang memakai basis data situsnya sendiri.
$settings = parse_ini_file(__DIR__ . '/../private/database.ini');
$database = new PDO(
    "mysql:host={$settings['host']};unix_socket={$settings['socket']};dbname={$settings['database']}",
    $settings['user'],
    $settings['password'],
    [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION],
);
$database->exec('CREATE TABLE IF NOT EXISTS tamu (id INT AUTO_INCREMENT PRIMARY KEY, pesan VARCHAR(200) NOT NULL)');
$add = $database->prepare('INSERT INTO tamu (pesan) VALUES (?)');
$add->execute([$_GET['pesan'] ?? 'halo']);
$last = $database->query('SELECT pesan FROM tamu ORDER BY id DESC LIMIT 1')->fetchColumn();

header('Content-Type: application/json');
echo json_encode([
    'uid' => posix_geteuid(),
    'pesan' => $last,
    'basis_data' => array_values(array_diff(
        $database->query('SHOW DATABASES')->fetchAll(PDO::FETCH_COLUMN),
        ['information_schema'],
    )),
    'situs_lain' => array_values(array_filter([
        ...(glob('/srv/*') ?: []), ...(glob('/home/*') ?: []), ...(glob('/proc/1/root/srv/*') ?: []),
    ])),
    'shadow' => @file_get_contents('/etc/shadow') === false ? 'tertutup' : 'TERBUKA',
]);
