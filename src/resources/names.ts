// Labels, annotations and the finalizer by which Rollbook and the objects of a cluster know each other. All are contracts:
// people and scripts select by them.

/** On everything that Rollbook makes. */
export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'rollbook' } as const

/** On Jobs, their Pods and ConfigMaps of a run: the uid of the resource, its kind, the run and the attempt. */
export const RESOURCE_UID_LABEL = 'toolhive.stacklok.io/resource-uid'
export const RESOURCE_KIND_LABEL = 'toolhive.stacklok.io/resource-kind'
export const RUN_LABEL = 'toolhive.stacklok.io/run'
export const ATTEMPT_LABEL = 'toolhive.stacklok.io/attempt'

/** On Jobs: what status needs of a run when the controller ended between making the Job and writing the status. */
export const RUN_ANNOTATION = 'toolhive.stacklok.io/run'

/** On resources (kinds.md, "Control"). */
export const RUN_REQUESTED_AT = 'toolhive.stacklok.io/run-requested-at'
export const RUN_REQUESTED_BY = 'toolhive.stacklok.io/run-requested-by'
export const RUN_CANCEL_REQUESTED = 'toolhive.stacklok.io/run-cancel-requested'

/** Holds a resource that is deleted until its pods are gone (design 4.10). */
export const FINALIZER = 'toolhive.stacklok.io/rollbook'

/** The field manager of the controller. */
export const FIELD_MANAGER = 'rollbook'

/** Keys of the ConfigMap that holds a report, gzipped JSON Lines: the newest report has both, older ones the short form. */
export const LONG_REPORT = 'report.jsonl.gz'
export const SHORT_REPORT = 'report-short.jsonl.gz'

/** Reasons of Pods of local mode: the program that ran them was told to stop, or ended without a word. */
export const PROGRAM_STOPPED = 'RollbookStopped'
export const PROGRAM_KILLED = 'RollbookKilled'

/** The container of a worker's pod. */
export const WORKER_CONTAINER = 'worker'
