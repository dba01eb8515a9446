// The Job of one attempt: one worker container without any right, the request in its environment, Secrets and ConfigMaps as
// files (design 4, 8). Pure; nothing of the resource's own labels and annotations gets into it (G5).
import type { ActiveRun } from '../resources/generated/types.ts'
import type { ConfigMap } from '../resources/kinds.ts'
import {
  ATTEMPT_LABEL,
  MANAGED_BY,
  RESOURCE_KIND_LABEL,
  RESOURCE_UID_LABEL,
  RUN_ANNOTATION,
  RUN_LABEL,
  WORKER_CONTAINER,
} from '../resources/names.ts'
import type { ObjectMeta, OwnerReference } from '../resources/object-meta.ts'
import type { RunRequest } from '../resources/request.ts'
import { type RunRecord, writeRunRecord } from '../resources/run-record.ts'
import type { Container, Job, PodSpec, Volume, VolumeMount } from '../resources/workload.ts'
import type { NeededObject } from './dependencies.ts'
import type { Runnable, Subject } from './subject.ts'

export interface JobParts {
  readonly request: RunRequest
  readonly record: RunRecord
  readonly needed: readonly NeededObject[]
}

export interface JobOfRun {
  readonly job: Job
  /** Set when the request is too large for an environment; made before the Job. */
  readonly request?: ConfigMap
}

/** Bytes; the environment of a process has a limit, and an API server one for objects. */
const MOST_IN_ENVIRONMENT = 64 * 1024

const SECRETS = '/etc/rollbook/secrets'
const CONFIG_MAPS = '/etc/rollbook/configmaps'
const REQUEST = '/etc/rollbook/request'
const REQUEST_KEY = 'request.json'
const TEMPORARY = '/tmp'
const TERMINATION_LOG = '/dev/termination-log'
/** Fetched packs and rendered files of one run; its memory has a limit of its own. */
const SCRATCH_SIZE = '4Gi'
/** A user id that no image gives rights to. */
const NOBODY = 65_532
/** Seconds: after the pod's own deadline, so that a pod that never started ends too, and one that did keeps its log. */
const JOB_MARGIN = 120

export function jobName({ id, attempt }: Pick<ActiveRun, 'id' | 'attempt'>): string {
  return `${id}-${attempt}`
}

/** Objects of a run that the resource owns, so that they go when it goes. */
export function ownedMetadata(subject: Subject, name: string, run: Pick<ActiveRun, 'id' | 'attempt'>): ObjectMeta {
  return {
    name,
    namespace: subject.namespace,
    labels: labelsOf(subject, run),
    ownerReferences: [ownerOf(subject)],
  }
}

export function jobOf(subject: Subject, { request, record, needed }: JobParts): JobOfRun {
  const text = JSON.stringify(request)
  const isLarge = Buffer.byteLength(text) > MOST_IN_ENVIRONMENT
  const { spec } = subject.resource
  const metadata = ownedMetadata(subject, jobName(record), record)
  const requestMap = isLarge ? requestConfigMap(subject, record, text) : undefined
  const job: Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...metadata, annotations: { [RUN_ANNOTATION]: writeRunRecord(record) } },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: spec.activeDeadlineSeconds + JOB_MARGIN,
      template: {
        metadata: { labels: labelsOf(subject, record) },
        spec: podSpec(subject, { needed, requestMap, text }),
      },
    },
  }
  return { job, ...(requestMap ? { request: requestMap } : {}) }
}

interface PodParts {
  readonly needed: readonly NeededObject[]
  readonly requestMap: ConfigMap | undefined
  readonly text: string
}

function podSpec({ resource, seen }: Subject, { needed, requestMap, text }: PodParts): PodSpec {
  const { runner = {}, activeDeadlineSeconds } = resource.spec
  const files = [...needed.map(mounted), ...(requestMap ? [requestFile(requestMap.metadata.name)] : []), SCRATCH]
  const { nodeSelector, tolerations, serviceAccountName, imagePullSecrets } = runner
  const environment = requestMap
    ? { name: 'ROLLBOOK_REQUEST_FILE', value: `${REQUEST}/${REQUEST_KEY}` }
    : { name: 'ROLLBOOK_REQUEST', value: text }
  const resources = runner.resources ?? seen.install.resources
  const container: Container = {
    name: WORKER_CONTAINER,
    image: seen.install.image,
    args: ['worker', '--termination-log', TERMINATION_LOG, '--secret-dir', SECRETS, '--config-dir', CONFIG_MAPS],
    env: [environment, { name: 'TMPDIR', value: TEMPORARY }, { name: 'HOME', value: TEMPORARY }],
    ...(resources ? { resources } : {}),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    terminationMessagePath: TERMINATION_LOG,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: files.map(({ mount }) => mount),
  }
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    activeDeadlineSeconds,
    terminationGracePeriodSeconds: 30,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: NOBODY,
      runAsGroup: NOBODY,
      fsGroup: NOBODY,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(nodeSelector ? { nodeSelector } : {}),
    ...(tolerations ? { tolerations } : {}),
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(imagePullSecrets ? { imagePullSecrets } : {}),
    containers: [container],
    volumes: files.map(({ volume }) => volume),
  }
}

interface MountedFiles {
  readonly volume: Volume
  readonly mount: VolumeMount
}

const SCRATCH: MountedFiles = {
  volume: { name: 'scratch', emptyDir: { sizeLimit: SCRATCH_SIZE } },
  mount: { name: 'scratch', mountPath: TEMPORARY },
}

/** One folder an object, one file a key; readable by the worker's group only. */
function mounted({ kind, name, isTarget }: NeededObject, index: number): MountedFiles {
  const volumeName = `${kind.toLowerCase()}-${index}`
  const options = { defaultMode: 0o440, ...(isTarget ? { optional: true } : {}) }
  return kind === 'Secret'
    ? {
        volume: { name: volumeName, secret: { secretName: name, ...options } },
        mount: { name: volumeName, mountPath: `${SECRETS}/${name}`, readOnly: true },
      }
    : {
        volume: { name: volumeName, configMap: { name, ...options } },
        mount: { name: volumeName, mountPath: `${CONFIG_MAPS}/${name}`, readOnly: true },
      }
}

function requestFile(name: string): MountedFiles {
  return {
    volume: { name: 'request', configMap: { name, defaultMode: 0o440 } },
    mount: { name: 'request', mountPath: REQUEST, readOnly: true },
  }
}

/** Named after the attempt: it is immutable, and the attempts of a run differ in their number. */
function requestConfigMap(subject: Subject, run: Pick<ActiveRun, 'id' | 'attempt'>, text: string): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ownedMetadata(subject, jobName(run), run),
    data: { [REQUEST_KEY]: text },
    immutable: true,
  }
}

/** The ConfigMap with a Job's request, which goes with the Job; undefined when the environment held it. */
export function requestMapOf({ spec }: Job): string | undefined {
  return spec.template.spec.volumes?.find(({ name }) => name === 'request')?.configMap?.name
}

function labelsOf({ uid, resource }: Subject, { id, attempt }: Pick<ActiveRun, 'id' | 'attempt'>) {
  return {
    ...MANAGED_BY,
    [RESOURCE_UID_LABEL]: uid,
    [RESOURCE_KIND_LABEL]: resource.kind,
    [RUN_LABEL]: id,
    [ATTEMPT_LABEL]: String(attempt),
  }
}

function ownerOf({ resource, uid }: { readonly resource: Runnable; readonly uid: string }): OwnerReference {
  const { apiVersion, kind, metadata } = resource
  return { apiVersion, kind, name: metadata.name, uid, controller: true, blockOwnerDeletion: true }
}
