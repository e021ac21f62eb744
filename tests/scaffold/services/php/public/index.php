<?php

echo $_SERVER['REQUEST_URI'] === '/healthz' ? 'ok' : 'hello';
