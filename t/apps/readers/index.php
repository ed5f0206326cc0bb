<?php

// Says which public_token it reads: PHP.

$said = ['access' => $_SERVER['HTTP_X_PLAID_ACCESS_TOKEN'] ?? null];
$type = strtolower($_SERVER['CONTENT_TYPE'] ?? '');

if (str_contains(explode(';', $type)[0], 'json')) {
    $body = json_decode(file_get_contents('php://input'), true);

    if (is_array($body)) {
        $said['token'] = $body['public_token'] ?? null;
    } else {
        $said['refused'] = json_last_error_msg();
    }
} else {
    $said['token'] = $_POST['public_token'] ?? null;
}

header('Content-Type: application/json');
header('X-Reader: yes');

echo json_encode($said, JSON_INVALID_UTF8_SUBSTITUTE);
