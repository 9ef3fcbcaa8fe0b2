// Hooks of one library without the rest of the SDK: for the test of an instrumentation. What is
// recorded is described as it would leave, and goes nowhere.
import { type AttributeValue, builtInPolicy } from '@grantlog/record'
import { SdkError } from './codes.ts'
import { describeFacts } from './describe/describe.ts'
import type { Facts } from './facts.ts'
import type { Instrumentation } from './instrument/defined/definition.ts'
import { startInstrumentation } from './instrument/defined/start.ts'
import { instrumentHttpServer } from './instrument/http-server/channels.ts'
import { createScopes } from './instrument/scopes.ts'
import { createHashes } from './protect/hash.ts'
import { sha256 } from './sha256.ts'

/** An instrumentation that is tried out. */
export interface Trial {
  /**
   * The exports of a module of it, with its hooks: those that `require` or `import` would give.
   * Throws SdkError INSTRUMENTATION_INVALID where the instrumentation has no such module.
   */
  readonly load: <T extends object>(module: string, exports: T) => T
  /** Attributes by their names, in the order in which the records were made. */
  readonly records: readonly Readonly<Record<string, AttributeValue>>[]
  /** What the hooks threw; none of it reaches the library or its caller. */
  readonly errors: readonly unknown[]
  /** Takes the hooks out. */
  readonly disable: () => void
}

/** Starts it. Requests to servers of this process have records, too, as with the SDK. */
export function tryInstrumentation(own: Instrumentation): Trial {
  const records: Record<string, AttributeValue>[] = []
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const policy = builtInPolicy(sha256)
  const hashes = createHashes({ tokenKey: null, personKey: null })
  const record = (facts: Facts): void => {
    records.push(Object.fromEntries(describeFacts(facts, hashes, policy).attributes))
  }
  const options = {
    begin: () => ({ record, lose: onError }),
    ...{ scopes: createScopes(), roleClaims: policy.roleClaims, onError },
  }
  const server = instrumentHttpServer(options)
  const hooks = startInstrumentation(own, options)
  return {
    load: (module, exports) => {
      const library = hooks.libraries.find(({ name }) => name === module)
      if (library === undefined) throw new SdkError('INSTRUMENTATION_INVALID', `module ${module}`)
      return library.onLoad(exports as Record<string, unknown>) as typeof exports
    },
    records,
    errors,
    disable: () => {
      hooks.disable()
      server.disable()
    },
  }
}
