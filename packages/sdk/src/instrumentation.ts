/**
 * Hooks for a library that Grantlog does not know: a table of what is watched, and for each how it
 * tells what happened. See INSTRUMENTATION.md, and examples/own-library for one with its test.
 *
 * @module
 */
export { addInstrumentation } from './instrument/added.ts'
export {
  defineInstrumentation,
  type AnyFunction,
  type InstrumentedModule,
  type Instrumentation,
  type Wrap,
} from './instrument/defined/definition.ts'
export {
  asks,
  guards,
  makesGuards,
  makesServers,
  makesValidators,
  serves,
  validates,
  type CallOptions,
  type EndedCall,
  type EndedGuard,
  type TellAction,
  type TellCall,
  type TellGuard,
  type TellValidation,
} from './instrument/defined/watch.ts'
export type { ToldAction, ToldError } from './instrument/defined/action.ts'
export type { ServerReason } from './instrument/defined/reasons.ts'
export type { ToldCall } from './instrument/defined/call.ts'
export type { Seam } from './instrument/defined/seam.ts'
export type { Reason, ToldValidation } from './instrument/validating.ts'
export { auditBetterAuth } from './instrument/servers/better-auth.ts'
export { tryInstrumentation, type Trial } from './trial.ts'
