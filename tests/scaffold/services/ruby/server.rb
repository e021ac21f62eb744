# A service that says hello, with nothing but what Ruby brings.
require 'socket'

server = TCPServer.new('0.0.0.0', Integer(ENV.fetch('PORT', '4567')))
trap('TERM') { exit }

loop do
  client = server.accept
  _, path = client.gets.to_s.split
  # To the empty line: a connection that is closed with something unread is reset.
  while (line = client.gets) && line != "\r\n"
  end
  body = path == '/healthz' ? 'ok' : 'hello'
  client.write("HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}")
  client.close
end
