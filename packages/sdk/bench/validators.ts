// What watching a validator costs: CPU microseconds on top of a function that validates nothing,
// alone, and within a middleware within which another library validates. Interleaved rounds.
//
//   node --conditions=@grantlog/source packages/sdk/bench/validators.ts
import { type AnyFunction, defineInstrumentation } from '../src/instrument/defined/definition.ts'
import { startInstrumentation } from '../src/instrument/defined/start.ts'
import { makesGuards, validates } from '../src/instrument/defined/watch.ts'
import { createScopes, type ServedRequest } from '../src/instrument/scopes.ts'

const rounds = 9
const callsPerRound = 100_000
const token = 'a-token'

const scopes = createScopes()
const hooks = {
  validate: validates(({ args, result }) => ({ token: String(args[0]), claims: result })),
  guard: makesGuards(({ made, isLetIn }) => (isLetIn ? { claims: made[0] } : null)),
}
const own = defineInstrumentation({
  name: 'a-library',
  modules: [{ name: 'a-library', files: [], hooks }],
})
const started = startInstrumentation(own, {
  begin: () => ({ record: () => undefined, lose: () => undefined }),
  ...{ scopes, roleClaims: [] },
  onError: (error) => {
    throw error
  },
})

const claims = { iss: 'https://login.example.com', sub: 'ada', scope: 'orders:read', exp: 1 }
const library: Record<string, AnyFunction> = {
  validate: () => claims,
  guard: (): AnyFunction => (_request, _response, go) => {
    library.validate!(token)
    return (go as AnyFunction)()
  },
}
const plain = { validate: library.validate!, guard: library.guard!(claims) as AnyFunction }
started.libraries[0]!.onLoad(library)
const watched = { validate: library.validate!, guard: library.guard!(claims) as AnyFunction }

const served: ServedRequest = {
  token: { value: token, scheme: 'bearer', location: 'header' },
  ...{ validation: null, parent: null, isClaimed: false, context: {} },
}
const next = (): void => undefined
const calls: readonly (readonly [string, keyof typeof plain, readonly unknown[]])[] = [
  ['a function', 'validate', [token]],
  ['a middleware around it', 'guard', [{}, {}, next]],
]

/** CPU microseconds of one call. */
function costOf(call: () => unknown): number {
  const start = process.cpuUsage()
  for (let i = 0; i < callsPerRound; i++) call()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / callsPerRound
}

const median = (all: number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!

scopes.serve({}, served)
for (const [name, key, args] of calls) {
  const more: number[] = []
  for (let i = 0; i < rounds; i++) {
    library.validate = plain.validate
    const before = costOf(() => plain[key](...args))
    library.validate = watched.validate
    more.push(costOf(() => watched[key](...args)) - before)
  }
  console.log(`${name}: ${median(more).toFixed(2)} us more`)
}
