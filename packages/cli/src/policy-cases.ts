// Cases of a policy: what is asked, with which token, and what must come of it.
//
//   cases:
//     - name: support reads an order
//       request: {method: GET, route: /orders/:id}
//       claims: {client_id: desk, scope: orders:read, realm_access: {roles: [support]}}
//       expect: {allowed: true, level: full, rule: support, privileged: null}
//
// `request` has `path` instead of `route` where no framework tells a template, and may have
// `action`, `outcome` and `subject`. Of `expect` what is there is compared. See policy.test.ts.
import { z } from 'zod'
import { type Fault, readYaml, type YamlText } from '@grantlog/receiver/settings'
import {
  type ActionView,
  createDecide,
  createExcess,
  createPrivilegedKind,
  guaranteeFor,
  judge,
  mayDo,
  type Policy,
  rolesIn,
  ruleFor,
  templateOf,
} from '@grantlog/record'

/** Cases in a file: read and tried in well under a second. */
const casesMax = 5_000

const text = z.string().min(1).max(256)

const caseSchema = z.strictObject({
  name: text,
  request: z
    .strictObject({
      method: z
        .string()
        .regex(/^[A-Z]{1,16}$/, 'write it in capitals, such as GET')
        .default('GET'),
      route: text.startsWith('/').optional(),
      path: text.startsWith('/').optional(),
      action: text.default('oauth.resource_access'),
      outcome: z.enum(['success', 'failure', 'denied', 'challenge']).default('success'),
      subject: text.optional(),
    })
    .prefault({}),
  claims: z.record(z.string(), z.unknown()).default({}),
  expect: z.strictObject({
    allowed: z.boolean().optional(),
    route: text.nullable().optional(),
    rule: z.union([text, z.number().int()]).nullable().optional(),
    level: z.enum(['minimal', 'standard', 'full']).optional(),
    personal: z.enum(['keep', 'pseudonym']).optional(),
    guarantee: z.enum(['buffered', 'spooled', 'blocking']).optional(),
    privileged: text.nullable().optional(),
    excess: z.array(text).optional(),
  }),
})
const casesSchema = z.strictObject({ cases: z.array(caseSchema).min(1).max(casesMax) })

type Case = z.output<typeof caseSchema>

/** What a policy makes of a request; the names are those of `expect`. */
export interface PolicyOutcome {
  /** The route's rule and the privileged kind's have nothing against it. */
  readonly allowed: boolean
  /** Template of the route's rule. */
  readonly route: string | null
  /** The audit rule's name, or its place from 0 where it has none. */
  readonly rule: string | number | null
  readonly level: string
  readonly personal: string
  readonly guarantee: string
  readonly privileged: string | null
  /** Scopes of the token that its client or roles may not have. */
  readonly excess: readonly string[]
}

export interface CaseResult {
  readonly name: string
  readonly line: number
  readonly column: number
  /** What differs: member, what it is, what was expected. */
  readonly differs: readonly {
    readonly member: string
    readonly is: unknown
    readonly expected: unknown
  }[]
}

/** Tries the cases in a text, or tells all that is wrong with it. */
export function tryCases(
  text: string,
  policy: Policy,
): { readonly results: readonly CaseResult[] } | readonly Fault[] {
  const yaml = readYaml(text)
  if (!('value' in yaml)) return yaml
  const read = casesSchema.safeParse(yaml.value)
  if (!read.success) return read.error.issues.map((issue) => faultOf(issue, yaml))
  const outcomeOf = createOutcomes(policy)
  const results = read.data.cases.map((one, i) => {
    const outcome = outcomeOf(one)
    const members = Object.keys(one.expect) as (keyof PolicyOutcome)[]
    const differs = members.flatMap((member) => {
      const [is, expected] = [outcome[member], one.expect[member]]
      return JSON.stringify(is) === JSON.stringify(expected) ? [] : [{ member, is, expected }]
    })
    return { name: one.name, ...yaml.placeOf(['cases', i]), differs }
  })
  return { results }
}

function createOutcomes(policy: Policy): (one: Case) => PolicyOutcome {
  const decide = createDecide(policy)
  const excessOf = createExcess(policy)
  const kindOf = createPrivilegedKind(policy)
  return ({ claims, request }) => {
    const { action, method, path = null, route = null } = request
    const roles = rolesIn(claims, policy.roleClaims)
    const granted = scopesIn(claims)
    const rule = (route ?? path) ? ruleFor(policy, { method, route, path }) : null
    const lack = rule === null ? null : judge(rule, { roles, scopes: granted })
    const privileged = rule?.privileged ?? kindOf(action)
    const view: ActionView = {
      ...{ action, method, outcome: request.outcome, reason: '' },
      ...{ roles, granted, requested: [], isPrivileged: privileged !== null },
      client: textIn(claims.client_id) || textIn(claims.azp),
      subject: request.subject ?? '',
      route: route ?? (path === null ? null : templateOf(path)),
      isOfPath: route === null,
    }
    const decision = decide(view)
    const excess = excessOf(granted, view)
    return {
      allowed:
        (lack === null || (!lack.lacksRole && lack.missingScopes.length === 0)) &&
        (privileged === null || mayDo(policy, privileged, roles)),
      route: rule?.route ?? null,
      rule: decision.rule === null ? null : (policy.audit[decision.rule]!.name ?? decision.rule),
      level: decision.level,
      personal: decision.personal,
      guarantee: guaranteeFor(policy, method, path ?? route),
      privileged,
      excess: [...new Set([...excess.ofClient, ...excess.ofRoles])],
    }
  }
}

/** `scope` of RFC 9068, or `scp` as some servers have it. */
function scopesIn({ scope, scp }: Record<string, unknown>): string[] {
  const value = scope ?? scp
  if (typeof value === 'string') return value.split(' ').filter((one) => one !== '')
  const items: readonly unknown[] = Array.isArray(value) ? value : []
  return items.filter((one) => typeof one === 'string')
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function faultOf(issue: z.core.$ZodIssue, yaml: YamlText): Fault {
  const isUnknown = issue.code === 'unrecognized_keys'
  const place = isUnknown ? yaml.placeOfKey(issue.path, issue.keys[0]!) : yaml.placeOf(issue.path)
  const path = issue.path.map(String).join('.')
  const what = isUnknown ? 'unknown member' : 'not as it must be'
  return { ...place, path, what, fix: `${issue.message}.` }
}
