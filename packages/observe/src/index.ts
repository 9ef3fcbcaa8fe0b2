/**
 * Adapters: what authorization servers outside Node say that they did becomes records, signed by a
 * key of the adapter and marked as observed. See observer.ts.
 *
 * @module
 */
export { OBSERVE_CODES, type ObserveCode, ObserveError, type Tell } from './codes.ts'
export type { Access as KeycloakAccess } from './keycloak/access.ts'
export { hydra, type HydraOptions } from './hydra/source.ts'
export { keycloak, type KeycloakOptions } from './keycloak/source.ts'
export { observe, type ObserverOptions } from './observer.ts'
export type {
  Describing,
  EventDescription,
  Feed,
  FeedSettings,
  Page,
  Source,
  SourceEvent,
} from './source.ts'
