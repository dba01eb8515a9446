// The request as the worker reads it: checked against a schema of its own, because what arrives in an environment is input.
import { cidrFault } from '../lib/addresses.ts'
import { Failure } from '../lib/failure.ts'
import { hostPatternFault } from '../lib/hosts.ts'
import { pathOfPointer, pointerOf } from '../lib/issue.ts'
import type { JsonValue } from '../lib/json.ts'
import type { Problem } from './problem.ts'
import type { RunRequest, SourceRequest, TargetRequest } from './request.ts'
import type { Schema } from './schema.ts'
import { checkValue } from './schema-check.ts'

const TEXT: Schema = { type: 'string', maxLength: 1024 }
/** Names of objects become names of folders. */
const NAME: Schema = { type: 'string', maxLength: 253, pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' }
/** Keys of ConfigMaps become names of files. */
const KEY: Schema = { type: 'string', maxLength: 253, pattern: '^[A-Za-z0-9._-]+$' }
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

const SECRET_REF = object({ name: NAME, usernameKey: TEXT, passwordKey: TEXT, tokenKey: TEXT }, [
  'usernameKey',
  'passwordKey',
  'tokenKey',
])
const CRITERIA_KEYS = ['names', 'tags', 'tiers', 'transports', 'categories', 'registryTypes', 'statuses']
const CRITERIA = object(Object.fromEntries(CRITERIA_KEYS.map(key => [key, list(TEXT)])), CRITERIA_KEYS)

const HEADERS: Schema = { type: 'object', additionalProperties: TEXT, maxProperties: 16 }

const SOURCES: Readonly<Record<SourceRequest['type'], Schema>> = {
  git: object(
    {
      type: TEXT,
      repository: TEXT,
      ref: object({ branch: TEXT, tag: TEXT, commit: TEXT }, ['branch', 'tag', 'commit']),
      path: TEXT,
      authSecret: SECRET_REF,
      verify: object({ mode: oneOf('HEAD', 'Tag', 'TagAndHEAD'), keysSecret: SECRET_REF }),
    },
    ['authSecret', 'verify'],
  ),
  url: object({ type: TEXT, url: TEXT, headers: HEADERS, authSecret: SECRET_REF }, ['headers', 'authSecret']),
  configmap: object({ type: TEXT, namespace: NAME, name: NAME, key: TEXT }),
  registry: object({ type: TEXT, url: TEXT, headers: HEADERS, authSecret: SECRET_REF }, ['headers', 'authSecret']),
}

const TARGETS: Readonly<Record<TargetRequest['type'], Schema>> = {
  git: object(
    {
      type: TEXT,
      repository: TEXT,
      branch: TEXT,
      pushBranch: TEXT,
      path: TEXT,
      layout: oneOf('File', 'Directory', 'Namespace'),
      format: oneOf('upstream', 'toolhive'),
      authSecret: SECRET_REF,
      commit: object(
        {
          author: object({ name: TEXT, email: TEXT }, ['name', 'email']),
          messageTemplate: TEXT,
          signingSecret: SECRET_REF,
        },
        ['author', 'messageTemplate', 'signingSecret'],
      ),
    },
    ['pushBranch', 'authSecret'],
  ),
  configmap: object({ type: TEXT, namespace: NAME, name: NAME, key: KEY, format: oneOf('upstream', 'toolhive') }),
  none: object({ type: TEXT }),
}

const FILTER = object({ include: CRITERIA, exclude: CRITERIA, versions: oneOf('all', 'latest') }, [
  'include',
  'exclude',
])
const POLICY = object(
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
)
const VALIDATION = object({ allowedTiers: list(TEXT), blockedPatterns: list(TEXT) }, [
  'allowedTiers',
  'blockedPatterns',
])

const REQUEST: Schema = object(
  {
    runId: { type: 'string', pattern: '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$' },
    attempt: { type: 'integer', minimum: 1 },
    resource: object({ kind: TEXT, namespace: TEXT, name: TEXT, uid: TEXT, generation: COUNT }),
    mode: oneOf('Apply', 'Plan'),
    startTime: { type: 'string', format: 'date-time' },
    searchWholeHistory: FLAG,
    // By its type, below.
    source: { type: 'object' },
    format: oneOf('upstream', 'toolhive'),
    stages: list(object({ registry: TEXT, filter: FILTER, policy: POLICY, validation: VALIDATION }, ['validation'])),
    filter: FILTER,
    policy: POLICY,
    validation: VALIDATION,
    merge: object({ onConflict: oneOf('Replace', 'Keep', 'Fail'), prune: oneOf('Never', 'Missing'), allowEmpty: FLAG }),
    // By its type, too.
    target: { type: 'object' },
    hosts: object({ allowHosts: list(TEXT), denyCidrs: list(TEXT), allowPlainHttp: {}, local: FLAG }, ['allowHosts']),
    activeDeadlineSeconds: { type: 'integer', minimum: 1 },
    requestHash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  },
  ['format', 'stages', 'validation', 'hosts'],
)

/** Throws Failure RequestInvalid that names every problem. */
export function checkRequest(value: unknown): RunRequest {
  const problems = checkValue(REQUEST, value as JsonValue)
  // Only what has its outer form is looked into.
  const isWhole = (field: string) => problems.every(({ path }) => path.length > 0 && path[0] !== field)
  const inner = Object.entries(INNER).flatMap(([field, problemsOf]) =>
    isWhole(field) ? problemsOf(value as RunRequest) : [],
  )
  const told = [...problems.map(sentence), ...inner]
  if (told.length > 0)
    throw new Failure(
      'RequestInvalid',
      'definite',
      `ROLLBOOK_REQUEST is no request of this version: ${told.join('; ')}`,
    )
  return value as RunRequest
}

/** Checks that a schema of one piece can't make, by the field that they look into. */
const INNER = { source: sourceProblems, target: targetProblems, hosts: hostProblems }

function sourceProblems({ source }: RunRequest): string[] {
  const problems = problemsByType('source', source, SOURCES)
  if (problems.length > 0 || source.type !== 'git') return problems
  if (Object.keys(source.ref).length !== 1) return ['source.ref must name exactly one of branch, tag, commit']
  // Without the tag there would be nothing to look at, and everything would be believed.
  const needsTag = source.verify !== undefined && source.verify.mode !== 'HEAD'
  return needsTag && !('tag' in source.ref) ? ['source.verify.mode Tag and TagAndHEAD need source.ref.tag'] : []
}

function targetProblems({ target }: RunRequest): string[] {
  return problemsByType('target', target, TARGETS)
}

function problemsByType(
  field: string,
  value: { readonly type: string },
  schemas: Readonly<Record<string, Schema>>,
): string[] {
  const schema = Object.hasOwn(schemas, value.type) ? schemas[value.type] : undefined
  if (!schema) return [`${field}.type must be one of ${Object.keys(schemas).join(', ')}`]
  return checkValue(schema, value as unknown as JsonValue, [field]).map(sentence)
}

function hostProblems({ hosts }: RunRequest): string[] {
  if (!hosts) return []
  const { allowHosts = [], allowPlainHttp, denyCidrs } = hosts
  if (allowPlainHttp !== 'all' && !isTextList(allowPlainHttp))
    return ['hosts.allowPlainHttp must be a list of hosts or "all"']
  const patterns = [...allowHosts, ...(allowPlainHttp === 'all' ? [] : allowPlainHttp)]
  return [...patterns.map(hostPatternFault), ...denyCidrs.map(cidrFault)]
    .filter(fault => fault !== undefined)
    .map(fault => `hosts: ${fault}`)
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

function sentence({ path, message }: Problem): string {
  return `${pathOfPointer(pointerOf(...path)) || 'the request'} ${message}`
}
