require 'webrick'

server = WEBrick::HTTPServer.new(Port: Integer(ENV.fetch('PORT', '4567')))
server.mount_proc('/') { |_request, response| response.body = 'hello' }
server.mount_proc('/healthz') { |_request, response| response.body = 'ok' }
trap('TERM') { server.shutdown }
server.start
