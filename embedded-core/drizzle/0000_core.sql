CREATE TABLE "achilles_core"."agent_performance" (
	"snapshot_id" text PRIMARY KEY NOT NULL,
	"session_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"request" json NOT NULL,
	"idempotency_key" text,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "agent_performance_idempotency_key_unique" UNIQUE("idempotency_key")
);
--> statement-breakpoint
CREATE TABLE "achilles_core"."error_correlations" (
	"correlation_id" text PRIMARY KEY NOT NULL,
	"session_id" text NOT NULL,
	"error_event_id" text NOT NULL,
	"request" json NOT NULL,
	"correlations" json NOT NULL,
	"idempotency_key" text,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "error_correlations_idempotency_key_unique" UNIQUE("idempotency_key")
);
--> statement-breakpoint
CREATE TABLE "achilles_core"."events" (
	"event_id" text PRIMARY KEY NOT NULL,
	"session_id" text NOT NULL,
	"event_type" text NOT NULL,
	"occurred_at_ms" double precision NOT NULL,
	"fields" json NOT NULL,
	"payload" json,
	"metadata_" json,
	"agent_metadata" json,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "achilles_core"."projects" (
	"project_id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"canonical_name" json NOT NULL,
	"request" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "projects_workspace_id_unique" UNIQUE("workspace_id")
);
--> statement-breakpoint
CREATE TABLE "achilles_core"."session_snapshots" (
	"snapshot_id" text PRIMARY KEY NOT NULL,
	"session_id" text NOT NULL,
	"snapshot_type" text NOT NULL,
	"request" json NOT NULL,
	"idempotency_key" text,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "session_snapshots_idempotency_key_unique" UNIQUE("idempotency_key")
);
--> statement-breakpoint
CREATE TABLE "achilles_core"."sessions" (
	"session_id" text PRIMARY KEY NOT NULL,
	"external_session_key" text NOT NULL,
	"user_id" text NOT NULL,
	"workspace_id" text NOT NULL,
	"project_id" text,
	"status" text NOT NULL,
	"start_time" text NOT NULL,
	"end_time" text,
	"tags" json NOT NULL,
	"config_snapshot" json,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"sequence" bigint GENERATED ALWAYS AS IDENTITY (sequence name "achilles_core"."sessions_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	CONSTRAINT "sessions_workspace_id_external_session_key_unique" UNIQUE("workspace_id","external_session_key")
);
--> statement-breakpoint
CREATE INDEX "events_session_id_occurred_at_ms_index" ON "achilles_core"."events" USING btree ("session_id","occurred_at_ms");--> statement-breakpoint
CREATE INDEX "sessions_external_session_key_created_at_index" ON "achilles_core"."sessions" USING btree ("external_session_key","created_at");