-- Posts the files 0, 1, ... of the folder BODIES in turn with the headers of HEADERS, a line each; prints one line for
-- the one who started wrk.
local requests, last = {}, 0
init = function()
  wrk.method = "POST"
  for name, value in os.getenv("HEADERS"):gmatch("([^:\n]+): ([^\n]+)") do wrk.headers[name] = value end
  local file = io.open(os.getenv("BODIES") .. "/0", "rb")
  while file do
    requests[#requests + 1] = wrk.format(nil, nil, nil, file:read("*a"))
    file:close()
    file = io.open(os.getenv("BODIES") .. "/" .. #requests, "rb")
  end
end
request = function()
  last = last % #requests + 1
  return requests[last]
end
done = function(summary)
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d\n", summary.requests, summary.duration, summary.errors.status + broken))
end
