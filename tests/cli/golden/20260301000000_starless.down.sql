-- does not restore notes.stars: drop_field: values the way up loses do not come back
-- does not restore notes.stars: required_field_added: the way back fails on a table that has rows
DROP POLICY IF EXISTS "notes_tenant_isolation" ON "public"."notes";
ALTER TABLE "public"."notes" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."notes" ADD COLUMN "stars" DOUBLE PRECISION NOT NULL;
DO $ablo$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = 'notes_stars_idx' AND indrelid = '"public"."notes"'::regclass) THEN
    CREATE INDEX "notes_stars_idx" ON "public"."notes" ("stars");
  END IF;
END $ablo$;
ALTER TABLE "public"."notes" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."notes" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "notes_tenant_isolation" ON "public"."notes";
CREATE POLICY "notes_tenant_isolation" ON "public"."notes"
  USING ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''))
  WITH CHECK ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''));
