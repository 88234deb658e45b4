-- allow: drop-column
DROP POLICY IF EXISTS "notes_tenant_isolation" ON "public"."notes";
ALTER TABLE "public"."notes" NO FORCE ROW LEVEL SECURITY;
DROP INDEX IF EXISTS "public"."notes_stars_idx";
ALTER TABLE "public"."notes" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."notes" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "notes_tenant_isolation" ON "public"."notes";
CREATE POLICY "notes_tenant_isolation" ON "public"."notes"
  USING ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''))
  WITH CHECK ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''));
ALTER TABLE "public"."notes" DROP COLUMN IF EXISTS "stars";
