/*
 * What has to be one step on the server. Newer servers have commands for renewing and releasing (SET … IFEQ, DELIFEQ), the
 * oldest that is supported has none of them.
 */

/** KEYS: leases. ARGV: the replica, the lease in ms. Renews what it has, claims what nobody has, gives the places of the rest. */
export const RENEW = `
local others = {}
for i = 1, #KEYS do
  local owner = redis.call('GET', KEYS[i])
  if owner == ARGV[1] then redis.call('PEXPIRE', KEYS[i], ARGV[2])
  elseif not owner then redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2])
  else others[#others + 1] = i end
end
return others`;

/** KEYS: since when. ARGV: how long a pause may be in ms. Returns for how many ms there was none. */
export const CONTINUE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[1], now, 'NX', 'PX', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return math.max(0, now - redis.call('GET', KEYS[1]))`;

/** KEYS: leases. ARGV: the replica. */
export const RELEASE = `
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then redis.call('DEL', KEYS[i]) end
end
return 1`;

/** KEYS: the lease, the state, the news. ARGV: the replica, the state, for how many ms it is kept, its id, how much news is kept. */
export const WRITE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], '*', 'by', ARGV[1], 'id', ARGV[4])
return 1`;
