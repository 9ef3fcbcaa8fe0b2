import { describe, expect, test } from '@jest/globals'
import type { Settings } from '../config.ts'
import { areElsewhere, areTracesOff, environmentOfTraces, withEnvironment } from './environment.ts'

const settings = { service: 'login', endpoint: 'https://receiver.example/base' } as Settings

test.each([
  [{}, false],
  [{ OTEL_SDK_DISABLED: 'false' }, false],
  [{ OTEL_SDK_DISABLED: ' TRUE' }, true],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, false],
  [{ OTEL_TRACES_EXPORTER: 'otlp, none' }, true],
])('with %j traces are off: %s', (env, isOff) => {
  expect(areTracesOff(env)).toBe(isOff)
})

describe('the environment of traces', () => {
  test('names the receiver, the service, and nothing but traces', () => {
    expect(
      environmentOfTraces(settings, { PATH: '/bin', OTEL_TRACES_SAMPLER: 'always_on' }),
    ).toEqual({
      PATH: '/bin',
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://receiver.example/base/v1/traces',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2000',
      OTEL_SERVICE_NAME: 'login',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,serviceinstance',
    })
  })

  test('keeps for the receiver what is not about another backend', () => {
    const env = environmentOfTraces(settings, {
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=secret',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-key=secret',
      OTEL_EXPORTER_OTLP_CLIENT_KEY: 'key.pem',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_TIMEOUT: '5000',
    })
    expect(env).toMatchObject({
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '5000',
    })
    expect(Object.keys(env).filter((name) => /HEADERS|KEY/.test(name))).toEqual([])
  })

  test.each(['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])(
    'keeps all that is about another backend, by %s',
    (name) => {
      const theirs = { [name]: 'https://elsewhere.example', OTEL_EXPORTER_OTLP_HEADERS: 'x=y' }
      expect(areElsewhere(theirs)).toBe(true)
      expect(environmentOfTraces(settings, theirs)).toMatchObject(theirs)
    },
  )

  test.each<[Record<string, string>, string | undefined]>([
    [{ OTEL_SERVICE_NAME: 'mine' }, 'mine'],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'a=b, service.name=mine' }, undefined],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'my.service.name=x' }, 'login'],
  ])('with %j names the service %s', (env, name) => {
    expect(environmentOfTraces(settings, env).OTEL_SERVICE_NAME).toBe(name)
  })
})

test('the process has it while the work runs, and its own again when it fails', () => {
  process.env.OTEL_TEST = 'before'
  const boom = (): never => {
    expect([process.env.OTEL_TEST, process.env.OTEL_NEW]).toEqual([undefined, 'new'])
    throw new Error('boom')
  }
  const { OTEL_TEST: _, ...others } = process.env
  expect(() => withEnvironment({ ...others, OTEL_NEW: 'new' }, boom)).toThrow('boom')
  expect([process.env.OTEL_TEST, process.env.OTEL_NEW]).toEqual(['before', undefined])
  delete process.env.OTEL_TEST
})
