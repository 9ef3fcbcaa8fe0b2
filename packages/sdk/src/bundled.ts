/**
 * For libraries that a bundler copies into the application, where no hook sees them loaded: they
 * are handed over here. The SDK must run already (`node --import @grantlog/sdk/register`); without
 * it everything stays as it is.
 *
 * @module
 */
import { handOver } from './instrument/added.ts'

/**
 * The exports of a module that Grantlog knows, with its hooks: themselves, or a copy where they
 * cannot be changed. `module` is what `require` would be asked for, such as `simple-oauth2`.
 */
export function audited<T extends object>(module: string, exports: T): T {
  return handOver(module, exports) as T
}

const ofAuth = { auditedAuth: (config: unknown): unknown => config }

/**
 * The configuration of `Auth` of @auth/core, or of `NextAuth` of next-auth 5, with its hooks; or
 * what makes one for each request.
 */
export function auditedAuth<T extends object>(config: T): T {
  return audited('@auth/core', ofAuth).auditedAuth(config) as T
}
