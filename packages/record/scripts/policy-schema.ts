// Renders schema/policy.schema.json: both formats of a policy as JSON Schema, from what its reader
// goes by, for editors and for whoever makes policies. src/policy/schema.test.ts holds the two
// equal.
import { policyItemsMax, policyRoutesMax, policyRulesMax, policyTextMax } from '../src/limits.ts'
import {
  auditLevels,
  guarantees,
  personalKinds,
  type PolicyFormat,
  privilegedKinds,
  privilegedKindsV1,
} from '../src/policy/document.ts'
import type { Form } from '../src/policy/faults.ts'
import * as form from '../src/policy/forms.ts'
import { rolePresetNames } from '../src/policy/presets.ts'

type Properties = Readonly<Record<string, object>>

export function renderPolicySchema(): string {
  return JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:grantlog:schema:policy',
    $comment:
      'GENERATED from packages/record/src/policy by `npm run generate`. Do not edit. Not ' +
      'expressed: the length of the whole, and that an audit rule with a guarantee matches by ' +
      'routes and methods alone.',
    title: 'Grantlog policy',
    type: 'object',
    required: ['format'],
    oneOf: [{ $ref: '#/$defs/v1' }, { $ref: '#/$defs/v2' }],
    $defs: {
      v1: closed({
        ...common('grantlog-policy-v1', privilegedKindsV1),
        roleClaims: list(text(form.pointer)),
      }),
      v2: closed({
        ...common('grantlog-policy-v2', privilegedKinds),
        roleClaims: list({ anyOf: [{ enum: rolePresetNames }, text(form.pointer), auth0()] }),
        level: described({ enum: auditLevels }, 'of what no audit rule is about'),
        personal: described({ enum: personalKinds }, 'of what no audit rule is about'),
        audit: { type: 'array', maxItems: policyRulesMax, items: auditRule() },
        roles: named(form.role, allowed()),
        clients: named(form.client, allowed()),
        privileged: closed(Object.fromEntries(privilegedKinds.map((kind) => [kind, privileged()]))),
      }),
    },
  })
}

function common(format: PolicyFormat, kinds: readonly string[]): Properties {
  const routeRule = {
    methods: list(text(form.method)),
    route: text(form.route),
    scopes: described(list(text(form.scope)), 'all of them are needed'),
    roles: described(list(text(form.role)), 'one of them is needed'),
    privileged: { enum: kinds },
    guarantee: { enum: guarantees },
  }
  const routes = { ...closed(routeRule), required: ['route'] }
  return {
    format: { const: format },
    routes: { type: 'array', maxItems: policyRoutesMax, items: routes },
    queryValues: list(text(form.queryName)),
    guarantee: { enum: guarantees },
  }
}

function auditRule(): object {
  const lists = {
    ...{ roles: form.role, clients: form.client, subjects: form.subject, scopes: form.scope },
    ...{ actions: form.action, routes: form.route, methods: form.method },
  }
  const matches = Object.entries(lists).map(([name, of]) => [
    name,
    { ...list(text(of)), minItems: 1 },
  ])
  return {
    ...closed({
      name: text(form.ruleName),
      ...Object.fromEntries(matches),
      level: { enum: auditLevels },
      personal: { enum: personalKinds },
      guarantee: { enum: guarantees },
    }),
    anyOf: ['level', 'personal', 'guarantee'].map((name) => ({ required: [name] })),
  }
}

function allowed(): object {
  return { ...closed({ scopes: list(text(form.scope)) }), required: ['scopes'] }
}

function privileged(): object {
  const count = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }
  return closed({
    roles: described(list(text(form.role)), 'one of them is needed'),
    actions: list(text(form.action)),
    bytesMax: described(count, 'of one answer'),
    bytesPerHourMax: described(count, 'of all answers to one actor'),
    rowsMax: described(count, 'of one answer, where the service tells them'),
    rowsPerHourMax: described(count, 'of all answers to one actor'),
    perHourMax: described(count, 'actions of one actor'),
  })
}

function auth0(): object {
  return { ...closed({ auth0: text(form.namespace) }), required: ['auth0'] }
}

function text({ fix, pattern }: Form): object {
  const told = { type: 'string', minLength: 1, maxLength: policyTextMax, pattern: pattern.source }
  return described(told, fix)
}

function list(items: object): object {
  return { type: 'array', maxItems: policyItemsMax, items }
}

function named(of: Form, value: object): object {
  const propertyNames = text(of)
  return {
    type: 'object',
    maxProperties: policyItemsMax,
    propertyNames,
    additionalProperties: value,
  }
}

function closed(properties: Properties): object {
  return { type: 'object', properties, additionalProperties: false }
}

function described(schema: object, description: string): object {
  return { ...schema, description }
}
