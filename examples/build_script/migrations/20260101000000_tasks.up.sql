CREATE TABLE IF NOT EXISTS "public"."tasks" (
  "id" TEXT PRIMARY KEY,
  "organization_id" TEXT NOT NULL,
  "created_by" TEXT,
  "created_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "updated_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "title" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  CONSTRAINT "tasks_status_enum" CHECK ("status" IN ('open', 'done'))
);
DO $ablo$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = 'tasks_organization_id_idx' AND indrelid = '"public"."tasks"'::regclass) THEN
    CREATE INDEX "tasks_organization_id_idx" ON "public"."tasks" ("organization_id");
  END IF;
END $ablo$;
COMMENT ON TABLE "public"."tasks" IS 'Something to do.';
COMMENT ON COLUMN "public"."tasks"."title" IS 'What, in a few words.';
ALTER TABLE "public"."tasks" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."tasks" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "tasks_tenant_isolation" ON "public"."tasks";
CREATE POLICY "tasks_tenant_isolation" ON "public"."tasks"
  USING ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''))
  WITH CHECK ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''));
