CREATE TABLE IF NOT EXISTS "public"."notes" (
  "id" TEXT PRIMARY KEY,
  "organization_id" TEXT NOT NULL,
  "created_by" TEXT,
  "created_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "updated_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "title" TEXT NOT NULL,
  "stars" DOUBLE PRECISION
);
DO $ablo$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = 'notes_organization_id_idx' AND indrelid = '"public"."notes"'::regclass) THEN
    CREATE INDEX "notes_organization_id_idx" ON "public"."notes" ("organization_id");
  END IF;
END $ablo$;
DO $ablo$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = 'notes_title_idx' AND indrelid = '"public"."notes"'::regclass) THEN
    CREATE INDEX "notes_title_idx" ON "public"."notes" ("title");
  END IF;
END $ablo$;
ALTER TABLE "public"."notes" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."notes" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "notes_tenant_isolation" ON "public"."notes";
CREATE POLICY "notes_tenant_isolation" ON "public"."notes"
  USING ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''))
  WITH CHECK ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''));
