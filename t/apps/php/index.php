<?php

// An app that keeps what it was given: POST anything, and the token is in the
// header. No Plaid library, no secret.

$token = $_SERVER['HTTP_X_PLAID_ACCESS_TOKEN'] ?? '';
$type = $_SERVER['CONTENT_TYPE'] ?? '';

$body = str_starts_with($type, 'application/json')
    ? json_decode(file_get_contents('php://input'), true)
    : $_POST;

header('Content-Type: application/json');

if ($token === '') {
    http_response_code(400);
    echo json_encode(['error' => 'not linked', 'body' => $body]);
    exit;
}

file_put_contents($_SERVER['TOKENS'], "$token\n", FILE_APPEND | LOCK_EX);

echo json_encode([
    'item_id' => $_SERVER['HTTP_X_PLAID_ITEM_ID'],
    'status' => $_SERVER['HTTP_X_PLAID_STATUS'],
    'body' => $body,
]);
