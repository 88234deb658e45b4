DROP POLICY IF EXISTS "tasks_tenant_isolation" ON "public"."tasks";
DROP TABLE IF EXISTS "public"."tasks";
