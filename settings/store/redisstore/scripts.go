package redisstore

import "github.com/redis/go-redis/v9"

// Each script is one atomic step on the keys of one part. The first command that
// writes is one that Redis refuses when its memory is full, so a full server writes
// all of it or nothing.

// outlive makes a key live at least as long as the record it is about.
const outlive = `
local function outlive(key, life)
	if redis.call('PTTL', key) < tonumber(life) then redis.call('PEXPIRE', key, life) end
end
`

var (
	// createFlow: row, due | write, life, expires, owner, data.
	createFlow = redis.NewScript(outlive + `
		if redis.call('EXISTS', KEYS[1]) == 1 then
			return redis.call('HGET', KEYS[1], 'write') == ARGV[1] and 'ok' or 'duplicate'
		end
		redis.call('HSET', KEYS[1], 'version', 1, 'write', ARGV[1], 'expires', ARGV[3], 'owner', ARGV[4], 'data', ARGV[5])
		redis.call('PEXPIRE', KEYS[1], ARGV[2])
		redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
		outlive(KEYS[2], ARGV[2])
		return 'ok'`)

	// updateFlow: row, due | write, life, expires, owner, data, version, next version.
	// Fields of a row that it does not name stay.
	updateFlow = redis.NewScript(outlive + `
		local row = redis.call('HMGET', KEYS[1], 'version', 'write', 'owner')
		if not row[1] then return 'missing' end
		if row[2] == ARGV[1] then return 'ok' end
		if row[1] ~= ARGV[6] or row[3] ~= ARGV[4] then return 'conflict' end
		redis.call('HSET', KEYS[1], 'version', ARGV[7], 'write', ARGV[1], 'expires', ARGV[3], 'data', ARGV[5])
		redis.call('PEXPIRE', KEYS[1], ARGV[2])
		redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
		outlive(KEYS[2], ARGV[2])
		return 'ok'`)

	// deleteFlow: row, due.
	deleteFlow = redis.NewScript(`
		redis.call('DEL', KEYS[1])
		redis.call('ZREM', KEYS[2], KEYS[1])
		return 'ok'`)

	// sweepFlows: due | now, how many. It says how many rows it deleted; what Redis
	// has deleted before is taken off the list, and not counted.
	sweepFlows = redis.NewScript(`
		local deleted = 0
		for _, row in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
			deleted = deleted + redis.call('DEL', row)
			redis.call('ZREM', KEYS[1], row)
		end
		return deleted`)

	// createSession: row, due, list | write, life, expires, id, then names and values.
	createSession = redis.NewScript(outlive + `
		if redis.call('EXISTS', KEYS[1]) == 1 then
			return redis.call('HGET', KEYS[1], 'write') == ARGV[1] and 'ok' or 'duplicate'
		end
		redis.call('HSET', KEYS[1], 'version', 1, 'write', ARGV[1], 'expires', ARGV[3], 'id', ARGV[4], unpack(ARGV, 5))
		redis.call('PEXPIRE', KEYS[1], ARGV[2])
		redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
		redis.call('SADD', KEYS[3], ARGV[4])
		outlive(KEYS[2], ARGV[2])
		outlive(KEYS[3], ARGV[2])
		return 'ok'`)

	// updateSession: row, due, list | write, life, expires, id, version, next version,
	// identity, token, superseded, '1' once what finds the session is claimed, then
	// names and values. It answers {'ok', hashes that the session no longer has…}, or
	// {'claim'} where it needs what is not claimed yet: another hash, or a longer life.
	updateSession = redis.NewScript(outlive + `
		local row = redis.call('HMGET', KEYS[1], 'version', 'write', 'identity', 'token', 'superseded', 'expires')
		if not row[1] then return {'missing'} end
		if row[2] == ARGV[1] then return {'ok'} end
		if row[1] ~= ARGV[5] or row[3] ~= ARGV[7] then return {'conflict'} end
		local function has(hash) return hash == '' or hash == row[4] or hash == row[5] end
		if ARGV[10] ~= '1' and not (has(ARGV[8]) and has(ARGV[9]) and tonumber(ARGV[3]) <= tonumber(row[6])) then return {'claim'} end
		redis.call('HSET', KEYS[1], 'version', ARGV[6], 'write', ARGV[1], 'expires', ARGV[3], 'token', ARGV[8], 'superseded', ARGV[9], unpack(ARGV, 11))
		redis.call('PEXPIRE', KEYS[1], ARGV[2])
		redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
		redis.call('SADD', KEYS[3], ARGV[4])
		outlive(KEYS[2], ARGV[2])
		outlive(KEYS[3], ARGV[2])
		local answer = {'ok'}
		for i = 4, 5 do
			if row[i] ~= '' and row[i] ~= ARGV[8] and row[i] ~= ARGV[9] then answer[#answer+1] = row[i] end
		end
		return answer`)

	// listSessions: list | what a row's key begins with. An id whose row has expired is
	// taken off the list.
	listSessions = redis.NewScript(`
		local rows = {}
		for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
			local row = redis.call('HGETALL', ARGV[1] .. id)
			if #row > 0 then rows[#rows+1] = row else redis.call('SREM', KEYS[1], id) end
		end
		return rows`)

	// deleteSession: row, due, list | identity, id. It answers the hashes of what it
	// deleted.
	deleteSession = redis.NewScript(`
		local row = redis.call('HMGET', KEYS[1], 'identity', 'token', 'superseded')
		if row[1] ~= ARGV[1] then return {} end
		redis.call('DEL', KEYS[1])
		redis.call('ZREM', KEYS[2], KEYS[1])
		redis.call('SREM', KEYS[3], ARGV[2])
		return {row[2], row[3]}`)

	// sweepSessions: due | now, how many, what a list's key begins with. It answers id,
	// hash and superseded hash of each session it deleted.
	sweepSessions = redis.NewScript(`
		local deleted = {}
		for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
			local row = redis.call('HMGET', key, 'id', 'token', 'superseded', 'identity')
			if row[1] then
				redis.call('DEL', key)
				redis.call('SREM', ARGV[3] .. row[4], row[1])
				for i = 1, 3 do deleted[#deleted+1] = row[i] end
			end
			redis.call('ZREM', KEYS[1], key)
		end
		return deleted`)

	// claim: finder | write, place, life. It answers {'ok'} for one that is this
	// write's now, {'same'} for one that leads to this place already, and else {'taken',
	// the other's value, its age in seconds}.
	claim = redis.NewScript(outlive + `
		local value, now = redis.call('GET', KEYS[1]), redis.call('TIME')[1]
		if not value then
			redis.call('SET', KEYS[1], now .. ' ' .. ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
			return {'ok'}
		end
		local since, place = string.match(value, '^(%d+) %w+ (.*)$')
		if place == ARGV[2] then
			outlive(KEYS[1], ARGV[3])
			return {'same'}
		end
		return {'taken', value, since and now - since or 0}`)

	// takeOver: finder | write, place, life, value. It claims one whose value has not
	// changed.
	takeOver = redis.NewScript(`
		if redis.call('GET', KEYS[1]) ~= ARGV[4] then return 'duplicate' end
		redis.call('SET', KEYS[1], redis.call('TIME')[1] .. ' ' .. ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
		return 'ok'`)

	// release: finder | the end of its value. It deletes one whose value ends so.
	release = redis.NewScript(`
		local value = redis.call('GET', KEYS[1])
		if value and string.sub(value, -#ARGV[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
		return 'ok'`)
)
