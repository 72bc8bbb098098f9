#!/bin/sh
# Counts what a load balancer's settings name: report.sh SETTINGS
grep -c '^ *server ' "$1" >/etc/shop/report
