#!/bin/sh
# Stands for the images of the marketplace: leaves a file that tells what it was made for, and what the real one asks others for.
set -eu
cd /kratix/output
if [ "$KRATIX_WORKFLOW_ACTION" = delete ]; then
  echo "deleting $KRATIX_OBJECT_NAME"
  exit 0
fi
case "$KRATIX_PIPELINE_NAME" in
  create-dependencies)
    printf 'apiVersion: marketplace.kratix.io/v1alpha1\nkind: postgresql\nmetadata:\n  name: %s\n  namespace: %s\nspec:\n  env: dev\n  teamId: acid\n  dbName: apps\n' \
      "$KRATIX_OBJECT_NAME" "$KRATIX_OBJECT_NAMESPACE" > database.yaml ;;
  wait-for-dependencies)
    if ! kubectl get postgresqls.marketplace.kratix.io "$KRATIX_OBJECT_NAME" | grep -q '"phase":"Ready"'; then
      printf 'retryAfter: 1s\nmessage: the database is not ready yet\n' > /kratix/metadata/workflow-control.yaml
    fi ;;
  *)
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\ndata:\n  pipeline: %s\n' \
      "$KRATIX_OBJECT_NAME" "$KRATIX_PIPELINE_NAME" > "$KRATIX_PIPELINE_NAME.yaml"
    if [ "$KRATIX_WORKFLOW_TYPE" = resource ]; then
      printf 'message: made by %s\n' "$KRATIX_PIPELINE_NAME" > /kratix/metadata/status.yaml
    fi ;;
esac
