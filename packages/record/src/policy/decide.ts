// How much of an action is recorded: the first audit rule that fits it counts, whatever stands
// behind. What was denied or failed is recorded at `standard` at least, and so is a success of
// which the record says that something was wrong (a token that nobody validated, a role that was
// missing), and whatever is privileged: no rule silences it. See decide.test.ts.
import { ruleFor } from '../policy.ts'
import { type RouteIn, routeInOf, routeTest } from '../policy-route.ts'
import type { AuditLevel, AuditRule, PersonalData, Policy, PrivilegedKind } from './document.ts'
import { type ActionView, requestOf } from './view.ts'

export interface Decision {
  /** Place of the rule in `audit`; null: none fits. */
  readonly rule: number | null
  readonly level: AuditLevel
  readonly personal: PersonalData
}

export type Decide = (view: ActionView) => Decision

/** What a policy decides, made ready once; a record costs a pass over the rules' tests. */
export function createDecide(policy: Policy): Decide {
  const { audit, level, personal } = policy
  const isPrivileged = createIsPrivileged(policy)
  const rules = audit.map((rule) => ({
    fits: createTest(rule),
    of: { level: rule.level ?? level, personal: rule.personal ?? personal },
  }))
  return (view) => {
    let route: RouteIn | null | undefined
    const routeIn = (): RouteIn | null => {
      if (route !== undefined) return route
      const request = requestOf(view)
      return (route = request === null ? null : routeInOf(request))
    }
    const found = rules.findIndex(({ fits }) => fits(view, routeIn))
    const of = rules[found]?.of ?? { level, personal }
    const mayBeMinimal = (): boolean => isPlain(view) && !isPrivileged(view)
    return {
      rule: found === -1 ? null : found,
      level: of.level === 'minimal' && !mayBeMinimal() ? 'standard' : of.level,
      personal: of.personal,
    }
  }
}

/** It went as it should. */
function isPlain({ outcome, reason }: ActionView): boolean {
  return outcome === 'success' && reason === ''
}

/**
 * By its record, by what it did, or by its route: also where the service that made the record did
 * not say so.
 */
function createIsPrivileged(policy: Policy): (view: ActionView) => boolean {
  const kindOf = createPrivilegedKind(policy)
  return (view) => {
    if (view.isPrivileged || kindOf(view.action) !== null) return true
    const request = requestOf(view)
    return request !== null && (ruleFor(policy, request)?.privileged ?? null) !== null
  }
}

/** Which kind of privileged action it is, by what it did; its route apart (ruleFor). */
export function createPrivilegedKind({
  privileged,
}: Policy): (action: string) => PrivilegedKind | null {
  const kinds = [...privileged].map(([kind, { actions }]) => [kind, matcher(actions)] as const)
  return (action) => kinds.find(([, isOf]) => isOf(action))?.[0] ?? null
}

/** `routeIn` reads the route once for all rules, if any looks at it. */
type Test = (view: ActionView, routeIn: () => RouteIn | null) => boolean

/** Only what a rule says is tested, what is cheap first. */
function createTest(rule: AuditRule): Test {
  const { routes } = rule
  const tests: Test[] = []
  const some = (items: readonly string[], of: (view: ActionView) => readonly string[]): void => {
    if (items.length === 0) return
    const fits = matcher(items)
    tests.push((view) => of(view).some(fits))
  }
  const one = (items: readonly string[], of: (view: ActionView) => string): void => {
    if (items.length === 0) return
    const fits = matcher(items)
    tests.push((view) => fits(of(view)))
  }
  one(rule.actions, ({ action }) => action)
  one(rule.methods, ({ method }) => method)
  one(rule.clients, ({ client }) => client)
  one(rule.subjects, ({ subject }) => subject)
  some(rule.roles, ({ roles }) => roles)
  some(rule.scopes, ({ granted, requested }) => (granted.length > 0 ? granted : requested))
  if (routes.length > 0) {
    const templates = routes.map(routeTest)
    tests.push((_view, routeIn) => {
      const route = routeIn()
      return templates.some((fits) => fits(route))
    })
  }
  return (view, routeIn) => tests.every((fits) => fits(view, routeIn))
}

/** Whether a text is one of some; an item that ends in `*` is all that begin so. */
export function matcher(items: readonly string[]): (text: string) => boolean {
  const exact = new Set(items.filter((item) => !item.endsWith('*')))
  const beginnings = items.filter((item) => item.endsWith('*')).map((item) => item.slice(0, -1))
  if (beginnings.length === 0) return (text) => exact.has(text)
  return (text) => exact.has(text) || beginnings.some((beginning) => text.startsWith(beginning))
}
