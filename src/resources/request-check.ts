// The request as the worker reads it: checked against a schema of its own, because what arrives in an environment is input.
import { Failure } from '../lib/failure.ts'
import { pathOfPointer, pointerOf } from '../lib/issue.ts'
import type { JsonValue } from '../lib/json.ts'
import type { RunRequest } from './request.ts'
import type { Schema } from './schema.ts'
import { checkValue } from './schema-check.ts'

const TEXT: Schema = { type: 'string', maxLength: 1024 }
const FLAG: Schema = { type: 'boolean' }
const COUNT: Schema = { type: 'integer', minimum: 0 }

function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  return { type: 'object', properties, required: Object.keys(properties).filter(key => !optional.includes(key)) }
}

function oneOf(...values: string[]): Schema {
  return { type: 'string', enum: values }
}

function list(items: Schema): Schema {
  return { type: 'array', items, maxItems: 1024 }
}

const SECRET_REF = object({ name: TEXT, usernameKey: TEXT, passwordKey: TEXT, tokenKey: TEXT }, [
  'usernameKey',
  'passwordKey',
  'tokenKey',
])
const CRITERIA_KEYS = ['names', 'tags', 'tiers', 'transports', 'categories', 'registryTypes', 'statuses']
const CRITERIA = object(Object.fromEntries(CRITERIA_KEYS.map(key => [key, list(TEXT)])), CRITERIA_KEYS)

const REQUEST: Schema = object(
  {
    runId: { type: 'string', pattern: '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$' },
    attempt: { type: 'integer', minimum: 1 },
    resource: object({ kind: TEXT, namespace: TEXT, name: TEXT, uid: TEXT, generation: COUNT }),
    mode: oneOf('Apply', 'Plan'),
    startTime: { type: 'string', format: 'date-time' },
    searchWholeHistory: FLAG,
    source: object(
      {
        type: oneOf('git'),
        repository: TEXT,
        ref: object({ branch: TEXT, tag: TEXT, commit: TEXT }, ['branch', 'tag', 'commit']),
        path: TEXT,
        authSecret: SECRET_REF,
      },
      ['authSecret'],
    ),
    format: oneOf('upstream', 'toolhive'),
    filter: object({ include: CRITERIA, exclude: CRITERIA, versions: oneOf('all', 'latest') }, ['include', 'exclude']),
    policy: object(
      {
        onInvalid: oneOf('Skip', 'Fail'),
        maxInvalid: COUNT,
        checks: list(oneOf('schema', 'semantic', 'publish')),
        profile: oneOf('generic', 'official'),
        namespace: TEXT,
        longDescription: oneOf('Fail', 'Skip', 'Truncate'),
        strictToolHive: FLAG,
        rewrite: list(object({ field: oneOf('image', 'registryBaseUrl'), from: TEXT, to: TEXT })),
        requireDigest: FLAG,
        officialBaseUrls: { type: 'object', additionalProperties: TEXT },
      },
      ['maxInvalid', 'rewrite', 'requireDigest', 'officialBaseUrls'],
    ),
    validation: object({ allowedTiers: list(TEXT), blockedPatterns: list(TEXT) }, ['allowedTiers', 'blockedPatterns']),
    merge: object({ onConflict: oneOf('Replace', 'Keep', 'Fail'), prune: oneOf('Never', 'Missing'), allowEmpty: FLAG }),
    target: object(
      {
        type: oneOf('git'),
        repository: TEXT,
        branch: TEXT,
        path: TEXT,
        layout: oneOf('File', 'Directory', 'Namespace'),
        format: oneOf('upstream', 'toolhive'),
        authSecret: SECRET_REF,
        commit: object({ author: object({ name: TEXT, email: TEXT }, ['name', 'email']), messageTemplate: TEXT }, [
          'author',
          'messageTemplate',
        ]),
      },
      ['authSecret'],
    ),
    activeDeadlineSeconds: { type: 'integer', minimum: 1 },
    requestHash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  },
  ['format', 'validation'],
)

/** Throws Failure RequestInvalid that names every problem. */
export function checkRequest(value: unknown): RunRequest {
  const problems = checkValue(REQUEST, value as JsonValue)
  const refs = Object.keys((value as { source?: { ref?: object } } | null)?.source?.ref ?? {})
  const told = problems.map(({ path, message }) => `${pathOfPointer(pointerOf(...path)) || 'the request'} ${message}`)
  if (problems.length === 0 && refs.length !== 1) told.push('source.ref must name exactly one of branch, tag, commit')
  if (told.length > 0)
    throw new Failure(
      'RequestInvalid',
      'definite',
      `ROLLBOOK_REQUEST is no request of this version: ${told.join('; ')}`,
    )
  return value as RunRequest
}
