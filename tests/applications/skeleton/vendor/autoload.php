<?php

// Debian's libraries name each other by their path below this folder.
set_include_path(__DIR__);
foreach (['Config', 'Database', 'Events', 'Filesystem', 'Http', 'Routing', 'Session', 'View'] as $part) {
    require_once "Illuminate/$part/autoload.php";
}
