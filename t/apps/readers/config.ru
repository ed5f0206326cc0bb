# Says which public_token it reads: Rack.

require 'json'
require 'rack'

run(lambda do |env|
  request = Rack::Request.new(env)
  said = { access: env['HTTP_X_PLAID_ACCESS_TOKEN'] }

  begin
    said[:token] = if request.media_type.to_s.end_with?('json')
                     JSON.parse(request.body.read)['public_token']
                   else
                     request.POST['public_token']
                   end
    said[:token] = 'a file' if said[:token].is_a?(Hash)
    said.to_json
  rescue StandardError => e
    said = { access: said[:access], refused: e.class.to_s }
  end

  [200, { 'Content-Type' => 'application/json', 'X-Reader' => 'yes' },
   [said.to_json]]
end)
