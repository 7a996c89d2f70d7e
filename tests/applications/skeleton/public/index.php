<?php

use Illuminate\Http\Request;

require __DIR__ . '/../vendor/autoload.php';
$handle = require __DIR__ . '/../bootstrap/app.php';
$handle(Request::capture())->send();
