const http = require('node:http');
const ms = require('ms');

const started = Date.now();
const server = http.createServer((request, response) => {
  if (request.url === '/healthz') {
    response.end(`up for ${ms(Date.now() - started)}\n`);
  } else {
    response.end('hello');
  }
});
server.listen(process.env.PORT || 3000);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
